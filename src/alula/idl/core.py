"""`flyteidl.core` under short names: one import for every core message."""

from flyteidl.core.artifact_id_pb2 import ArtifactID
from flyteidl.core.catalog_pb2 import CatalogArtifactTag, CatalogCacheStatus, CatalogMetadata
from flyteidl.core.compiler_pb2 import CompiledLaunchPlan, CompiledTask, CompiledWorkflow, CompiledWorkflowClosure, ConnectionSet
from flyteidl.core.condition_pb2 import BooleanExpression, ComparisonExpression, ConjunctionExpression, Operand
from flyteidl.core.dynamic_job_pb2 import DynamicJobSpec
from flyteidl.core.errors_pb2 import ContainerError, ErrorDocument
from flyteidl.core.execution_pb2 import ExecutionError, NodeExecution, QualityOfService, TaskExecution, TaskLog, WorkflowExecution
from flyteidl.core.identifier_pb2 import (
    DATASET,
    LAUNCH_PLAN,
    TASK,
    UNSPECIFIED,
    WORKFLOW,
    Identifier,
    NodeExecutionIdentifier,
    ResourceType,
    SignalIdentifier,
    TaskExecutionIdentifier,
    WorkflowExecutionIdentifier,
)
from flyteidl.core.interface_pb2 import Parameter, ParameterMap, TypedInterface, Variable, VariableMap
from flyteidl.core.literals_pb2 import (
    Binary,
    Binding,
    BindingData,
    BindingDataCollection,
    BindingDataMap,
    Blob,
    BlobMetadata,
    KeyValuePair,
    Literal,
    LiteralCollection,
    LiteralMap,
    LiteralOffloadedMetadata,
    Primitive,
    RetryStrategy,
    Scalar,
    Schema,
    StructuredDataset,
    StructuredDatasetMetadata,
    Union,
    UnionInfo,
    Void,
)
from flyteidl.core.security_pb2 import Secret, SecurityContext
from flyteidl.core.tasks_pb2 import (
    Container,
    DataLoadingConfig,
    ExtendedResources,
    K8sPod,
    Resources,
    RuntimeMetadata,
    Sql,
    TaskMetadata,
    TaskTemplate,
)
from flyteidl.core.types_pb2 import (
    BlobType,
    EnumType,
    Error,
    LiteralType,
    OutputReference,
    PromiseAttribute,
    SchemaType,
    SimpleType,
    StructuredDatasetType,
    TypeAnnotation,
    TypeStructure,
    UnionType,
)
from flyteidl.core.workflow_pb2 import (
    Alias,
    ApproveCondition,
    ArrayNode,
    BranchNode,
    GateNode,
    IfBlock,
    IfElseBlock,
    LaunchPlanTemplate,
    Node,
    NodeMetadata,
    SignalCondition,
    SleepCondition,
    TaskNode,
    TaskNodeOverrides,
    WorkflowMetadata,
    WorkflowMetadataDefaults,
    WorkflowNode,
    WorkflowTemplate,
)

BlobDimensionality = BlobType.BlobDimensionality
