"""What both ends of the message bus share: its address, its words, its envelopes.

It knows the model and nothing else; oslo.messaging and kombu (extra ``messaging``) are
imported when a bus is first used.
"""
