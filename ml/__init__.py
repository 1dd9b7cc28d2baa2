"""What we believe: models of demand and of response, their metrics, their calibration and their record.

Frames come in and frames go out. What a row means is in `contracts`; when a step runs and what it
may know is the orchestrator's business.
"""
