"""Pure: may it be done?"""
