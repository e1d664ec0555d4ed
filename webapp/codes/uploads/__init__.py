"""Loads that staff start in the browser: files sent in, jobs that load or take back, reminders of what is due."""
