r"""The mathematics of a plan for a whole network of locations; it holds no code.

Sets: cells i (a product at a location), channels c of locations, weeks t = 0…T−1, scenarios s = 1…S. Decide packs
x_{i,w} ∈ {0} ∪ {m_i, m_i+1, …} ordered in week w, which arrive lead weeks later, before that week's demand and within
the horizon; and of each new product and channel whether and in which week of its window it launches, behind how many
exposed weeks e ∈ {0, 1, 2}. With D the demand that these launches leave and Y the supply, both summed through t:

    L_{s,t} = max_{u ≤ t} (D_{s,u} − Y_u)^+                                    (lost through t)
    profit  = E_s[ price·(D_T − L_T) + salvage·(Y_T − D_T + L_T) − penalty·L_T − hold·Σ_t (Y_t − D_t + L_t) ]
              − unit_cost·pack·Σ_w x_w − launch costs

Demand of a launch counts from its week, is ⌊d·(1 + boost) + ½⌋ while exposed, and takes ⌊gamma·d + ½⌋ from its
substitute's at the same location, never below 0. Limits, one row each: budget by order week; volume of expected stock
by location and week; slots by channel and week; launches by category; small sellers' share of slots; filled share of
expected demand by channel.

Groups. Cells that one launch decision ties together are a group: a candidate in a channel, what it takes demand from
there, and whatever meets it there. An option of a group names its launches; under an option each cell's demand is
known, and cells order independently.

Bound. With a price λ_r ≥ 0 on each row r, Σ_r λ_r·limit_r + Σ_groups max_options (worth of the option + Σ_cells best
orders at these prices) is at least the value of every plan. A row's price enters a cell's own terms: budgets the cost
of a pack, storage the holding cost, fill floors the worth of a sale. A cell's best orders are bounded by a dynamic
programme over cumulative packs after replacing L by weights ω_{s,u} ≥ 0, Σ_u ω_{s,u} = 1:

    L_{s,t}  ≥  Σ_{u ≤ t} ω_{s,u} (D_{s,u} − Y_u)^+  +  (Σ_{u > t} ω_{s,u}) · (D_{s,t} − Y_t)^+

since each term on the right is at most L_{s,t}. What that leaves open, a best-first search over cumulative packs
closes: packs through some week are fixed, so that losses up to it are true, and only later weeks are relaxed.

Plan. Options and orders met on the way are columns; a relaxed master over them picks one a group, and single packs are
moved while that raises the true profit or lessens what is broken. What a plan earns is `evaluate.py`'s to say.
"""
