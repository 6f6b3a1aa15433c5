"""Chat exports in, clean messages and the people who wrote them out.

- exports: a reader for each format
- messages, people, bots: the table of messages, and who is who in it
- consent: whose text may be learnt, and on what grounds
- cleaning: messages without secrets and other text that nobody should learn
- report: a chat on one page, in counts and charts

Never imports the bot, and knows no network.
"""
