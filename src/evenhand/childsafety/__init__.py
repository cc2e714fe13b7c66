"""Child safety: the sealed lane, hash feeds, reports to the CyberTipline."""
