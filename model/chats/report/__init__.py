"""A chat to one web page of numbers and charts: a look before training. The page holds no message."""

from model.chats.report.page import write_report

__all__ = ["write_report"]
