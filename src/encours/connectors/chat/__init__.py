"""Chat services that take messages by an incoming webhook: Slack, Mattermost, Rocket.Chat and what reads their form."""
