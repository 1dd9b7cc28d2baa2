-- One row per product that began to sell unannounced and channel, with what was known by the Monday of its first week
-- and the price that it then had. Nothing is decided about them: they are only learned from.
{{ launch_features(is_announced=false) }}
