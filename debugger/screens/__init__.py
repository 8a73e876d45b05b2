"""The screens, and the only code of the app that talks to a session."""
