-- One row per decision week, open launch and channel, with what was known by that Monday.
{{ launch_features(is_announced=true) }}
