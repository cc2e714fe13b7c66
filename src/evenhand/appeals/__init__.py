"""Appeals: objections of those concerned, complaints of those who reported, the dialogue."""
