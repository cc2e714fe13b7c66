"""The pages of the rulebook: rules and their versions, the editor, the steps from draft to live."""
