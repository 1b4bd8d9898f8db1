"""HTTP itself: who may ask, how addresses, bodies, answers and failures look."""
