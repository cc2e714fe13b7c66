"""Rules as stored things: versions, the states they go through, and who answers for each step."""
