"""What bodies and answers look like, as JSON Schemas with a word on each key: the OpenAPI document shows them.

They mirror `imagedepot.api.rows`; the tests hold every real answer against them.
"""
