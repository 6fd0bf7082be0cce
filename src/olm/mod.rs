//! Archives of Outlook for Mac (OLM).
