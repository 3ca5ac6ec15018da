"""Every table there is: a new model's module is imported here."""

import models.agent
import models.approval
import models.audit
import models.event
import models.execution
import models.mcp
import models.notification
import models.secret
import models.tool
import models.trigger
import models.user
import models.workflow
from models.base import Base

metadata = Base.metadata
__all__ = ["metadata", "models"]
