"""How well predictions hold for each group of people: metrics by group, gaps, calibration and risk at each coverage."""
