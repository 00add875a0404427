"""The forms that answers must have: from a constraint to the tokens that are allowed next. Touches no device."""
