"""A world with known truth: the simulated shop.

Products, customers, channels and days, drawn from one seed. What a real shop would log goes to public tables that
keep the raw contracts; what only a world's maker can know (uncensored demand, click probabilities, counterfactuals)
is kept apart. Numerical code only: no orchestrator, no database, no environment.
"""
