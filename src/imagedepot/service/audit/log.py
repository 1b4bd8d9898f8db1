"""The audit log: logins and changes, allowed or refused, with their users.

Its level is its own (`server/logs.py`): people who ask for warnings alone still want to know who changed what.
"""

from __future__ import annotations

import logging

AUDIT = "imagedepot.audit"
audit = logging.getLogger(AUDIT)
