"""How the page is laid out: its template, style and script. What it says comes from `sections`."""

STYLE = """
:root{--ink:#1c2024;--muted:#5d6670;--line:#dfe3e7;--paper:#fff;--soft:#f5f7f9;--accent:#0b5c99;
--c1:#0072b2;--c2:#d98200;--c3:#009e73;--c4:#b8578f;--c5:#9aa2aa}
@media (prefers-color-scheme:dark){:root{--ink:#e8eaed;--muted:#a3abb4;--line:#363c43;--paper:#15181b;
--soft:#1d2126;--accent:#6db8f2;--c1:#4aa8e8;--c2:#f0a63c;--c3:#35c79b;--c4:#dd8dbb;--c5:#7b848d}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
body{margin:0;background:var(--paper);color:var(--ink);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:1020px;margin:0 auto;padding:40px 24px 80px}
h1{font-size:2rem;line-height:1.2;margin:.1em 0 .5em;letter-spacing:-.015em}
h2{font-size:1.3rem;line-height:1.3;margin:0 0 .35em;letter-spacing:-.01em}
.eyebrow{color:var(--muted);font-size:.9rem;margin:0}
.verdict{font-size:1.12rem;line-height:1.6;max-width:70ch;margin:0 0 28px}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:1px;background:var(--line);
border:1px solid var(--line);border-radius:8px;overflow:hidden;margin:0 0 28px}
.figures div{background:var(--paper);padding:14px 16px}
.figures dt{color:var(--muted);font-size:.82rem;line-height:1.3}
.figures dd{margin:0;font-size:1.45rem;font-weight:600;letter-spacing:-.01em;font-variant-numeric:tabular-nums}
.figures small{display:block;color:var(--muted);font-size:.8rem;line-height:1.35}
nav{border-top:1px solid var(--line);border-bottom:1px solid var(--line);padding:10px 0;font-size:.9rem}
nav a{color:var(--accent);text-decoration:none;margin-right:16px;white-space:nowrap;line-height:1.9}
nav a:hover{text-decoration:underline}
section{padding:36px 0 4px;scroll-margin-top:8px}
.number{color:var(--muted);font-weight:400;margin-right:.4em}
.claim{max-width:72ch;margin:0 0 18px}
.caveat{color:var(--muted);font-size:.9rem;max-width:76ch;border-left:3px solid var(--line);padding-left:12px;
margin:14px 0 0}
.missing{color:var(--muted);font-style:italic}
figure{margin:0 0 22px}
figcaption{font-weight:600;font-size:.95rem;margin:0 0 8px;max-width:72ch}
.plot{overflow-x:auto}.plot svg{display:block;width:100%;height:auto;min-width:600px}
.points{margin:0 0 20px;display:grid;grid-template-columns:minmax(120px,200px) 1fr;gap:0 20px}
.points dt{font-weight:600;font-size:.93rem;padding:7px 0;border-top:1px solid var(--line)}
.points dd{margin:0;padding:7px 0;font-size:.93rem;border-top:1px solid var(--line);overflow-wrap:anywhere}
.table{margin:0 0 18px}
.scroll{overflow:auto;border:1px solid var(--line);border-radius:8px}
.tall{max-height:560px}
table{border-collapse:collapse;width:100%;font-size:.86rem;line-height:1.4}
caption,.caption{text-align:left;color:var(--muted);font-size:.86rem;margin:0 0 6px}
th,td{padding:6px 10px;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
tbody tr:last-child td{border-bottom:0}
th{position:sticky;top:0;background:var(--soft);font-weight:600;vertical-align:bottom;line-height:1.25}
th button{all:unset;cursor:pointer;font:inherit}
th button:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
th[aria-sort=ascending] button::after{content:" ↑"}th[aria-sort=descending] button::after{content:" ↓"}
.n{text-align:right;font-variant-numeric:tabular-nums}td.n{white-space:nowrap}
td.t{min-width:110px;overflow-wrap:break-word}td.l{min-width:190px;overflow-wrap:anywhere}td.c,td.d{white-space:nowrap}
.tools{display:flex;gap:12px;align-items:baseline;flex-wrap:wrap;margin:0 0 8px}
input[type=search]{font:inherit;font-size:.9rem;padding:6px 10px;border:1px solid var(--line);border-radius:6px;
background:var(--paper);color:var(--ink);width:min(320px,100%)}
.shown{color:var(--muted);font-size:.85rem}
summary{cursor:pointer;color:var(--accent);font-size:.93rem;margin:0 0 10px}
footer{margin-top:48px;border-top:1px solid var(--line);padding-top:14px;color:var(--muted);font-size:.85rem}
@media (max-width:600px){main{padding:22px 16px 60px}h1{font-size:1.55rem}.verdict{font-size:1.03rem}
.points{grid-template-columns:1fr}.points dd{border-top:0;padding-top:0}.figures dd{font-size:1.2rem}
.figures{grid-template-columns:1fr 1fr}.figures div:last-child:nth-child(odd){grid-column:1/-1}}
@media print{:root{--ink:#000;--muted:#444;--line:#ccc;--paper:#fff;--soft:#f3f3f3;--accent:#000;
--c1:#0072b2;--c2:#d98200;--c3:#009e73;--c4:#b8578f;--c5:#9aa2aa}
main{max-width:none;padding:0}nav,.tools{display:none}.tall{max-height:none}.scroll{overflow:visible;border:0}
th{position:static}thead{display:table-row-group}tbody tr:nth-child(n+51){display:none}
section{padding-top:20px}figure,tr{break-inside:avoid}
h2,figcaption,.claim{break-after:avoid}body{font-size:10.5pt}.plot svg{min-width:0}}
"""

SCRIPT = """
for (const box of document.querySelectorAll('.table')) {
  const body = box.querySelector('tbody'), rows = [...body.rows], search = box.querySelector('input');
  const shown = box.querySelector('.shown');
  if (search) search.addEventListener('input', () => {
    const words = search.value.toLowerCase().split(/\\s+/);
    let count = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every(word => text.includes(word));
      count += !row.hidden;
    }
    shown.textContent = `${count.toLocaleString('en')} of ${rows.length.toLocaleString('en')} rows`;
  });
  const heads = [...box.querySelectorAll('th')];
  heads.forEach((head, column) => head.querySelector('button')?.addEventListener('click', () => {
    const down = head.getAttribute('aria-sort') !== 'descending';
    heads.forEach(other => other.removeAttribute('aria-sort'));
    head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    const numeric = head.classList.contains('n');
    const value = row => {
      const key = row.cells[column].dataset.key;
      return numeric ? (key === '' ? -Infinity : Number(key)) : key;
    };
    const sorted = [...rows].sort((a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0));
    body.append(...(down ? sorted.reverse() : sorted));
  }));
}
"""

TEMPLATE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'">
<meta name="color-scheme" content="light dark">
<title>{{ title }}</title>
<style>{{ style }}</style>
</head>
<body>
<main>
<header>
<p class="eyebrow">{{ eyebrow }}</p>
<h1>{{ title }}</h1>
<p class="verdict">{{ verdict }}</p>
<dl class="figures">
{%- for figure in figures %}
<div><dt>{{ figure.label }}</dt><dd>{{ figure.value }}</dd><small>{{ figure.note }}</small></div>
{%- endfor %}
</dl>
<nav aria-label="Sections">
{%- for section in sections %}
<a href="#{{ section.key }}">{{ loop.index }} {{ section.title }}</a>
{%- endfor %}
</nav>
</header>
{%- for section in sections %}
<section id="{{ section.key }}" aria-labelledby="{{ section.key }}-title">
<h2 id="{{ section.key }}-title"><span class="number">{{ loop.index }}</span>{{ section.title }}</h2>
{%- if section.claim %}
<p class="claim">{{ section.claim }}</p>
{%- endif %}
{%- if section.missing %}
<p class="missing">{{ section.missing }}</p>
{%- endif %}
{%- for chart in section.charts %}
<figure><figcaption>{{ chart.title }}</figcaption>
<div class="plot" role="img" aria-label="{{ chart.alt }}">{{ chart.draw() | trusted }}</div></figure>
{%- endfor %}
{%- if section.points %}
<dl class="points">
{%- for head, text in section.points %}
<dt>{{ head }}</dt><dd>{{ text }}</dd>
{%- endfor %}
</dl>
{%- endif %}
{%- for table in section.tables %}
{{ draw(table) }}
{%- endfor %}
{%- if section.caveat %}
<p class="caveat">{{ section.caveat }}</p>
{%- endif %}
</section>
{%- endfor %}
<footer>{{ footer }}</footer>
</main>
<script>{{ script | trusted }}</script>
</body>
</html>
"""

TABLE = """{%- macro draw(table) %}
{%- if table.is_folded %}
<details><summary>{{ table.caption }}</summary>
{%- endif %}
<div class="table" id="{{ table.key }}">
{%- if not table.is_folded %}
<p class="caption">{{ table.caption }}</p>
{%- endif %}
{%- if table.is_searchable %}
<div class="tools"><input type="search" placeholder="Search these rows" aria-label="Search: {{ table.caption }}">
<span class="shown">{{ "{:,}".format(table.frame | length) }} rows; click a head to sort</span></div>
{%- endif %}
<div class="scroll{{ ' tall' if table.is_searchable }}" tabindex="0" role="region" aria-label="{{ table.caption }}">
<table><thead><tr>
{%- for column in table.columns %}<th scope="col"{% if column.is_number %} class="n"{% endif %}>
{%- if table.is_searchable %}<button type="button">{{ column.label }}</button>{% else %}{{ column.label }}{% endif -%}
</th>{% endfor %}</tr></thead>
<tbody>
{%- for row in cells(table) %}
<tr>{% for text, key, is_number in row -%}
{%- set kind = 'n' if is_number else table.columns[loop.index0].kind[0] -%}
<td class="{{ kind }}" data-key="{{ key }}">{{ text }}</td>
{%- endfor %}</tr>
{%- endfor %}
</tbody></table></div></div>
{%- if table.is_folded %}</details>{% endif %}
{%- endmacro %}
"""
