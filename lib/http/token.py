# What a token consists of: RFC 9110 section 5.6.2.

TOKEN = b"-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+.^_`|~"
