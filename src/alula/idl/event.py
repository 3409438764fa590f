"""`flyteidl.event` under short names: what an executor reports."""

from flyteidl.event.event_pb2 import (
    DynamicWorkflowNodeMetadata,
    EventReason,
    ExternalResourceInfo,
    NodeExecutionEvent,
    ParentNodeExecutionMetadata,
    ParentTaskExecutionMetadata,
    ResourcePoolInfo,
    TaskExecutionEvent,
    TaskExecutionMetadata,
    TaskNodeMetadata,
    WorkflowExecutionEvent,
    WorkflowNodeMetadata,
)
