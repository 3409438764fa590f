/** The messages of the wire under short names. Generated types are in `openapi.ts`; nothing here is written twice. */
import type { components } from "./openapi";

export type Schemas = components["schemas"];
type Admin<T extends string> = Schemas[`flyteidl.admin.${T}` & keyof Schemas];
type Core<T extends string> = Schemas[`flyteidl.core.${T}` & keyof Schemas];
export type Alula<T extends string> = Schemas[`alula.v1.${T}` & keyof Schemas];

export type ExecutionId = Core<"WorkflowExecutionIdentifier">;
export type Identifier = Core<"Identifier">;
export type ResourceType = Core<"ResourceType">;
export type Execution = Admin<"Execution">;
export type ExecutionSpec = Admin<"ExecutionSpec">;
export type ExecutionPhase = Core<"WorkflowExecution.Phase">;
export type ExecutionError = Core<"ExecutionError">;
export type NodeExecution = Admin<"NodeExecution">;
export type NodePhase = Core<"NodeExecution.Phase">;
export type AttemptPhase = Core<"TaskExecution.Phase">;
export type Workflow = Admin<"Workflow">;
export type Task = Admin<"Task">;
export type LaunchPlan = Admin<"LaunchPlan">;
export type CompiledWorkflow = Core<"CompiledWorkflow">;
export type CompiledWorkflowClosure = Core<"CompiledWorkflowClosure">;
export type Node = Core<"Node">;
export type TaskTemplate = Core<"TaskTemplate">;
export type TypedInterface = Core<"TypedInterface">;
export type Variable = Core<"Variable">;
export type Parameter = Core<"Parameter">;
export type LiteralType = Core<"LiteralType">;
export type Literal = Core<"Literal">;
export type LiteralMap = Core<"LiteralMap">;
export type Resources = Core<"Resources">;
export type Status = Schemas["google.rpc.Status"];

export interface Place {
  project: string;
  domain: string;
}

export type Overview = Alula<"Overview">;
export type ExecutionPage = Alula<"ExecutionPage">;
export type Entity = Alula<"Entity">;
export type Version = Alula<"Version">;
export type AttemptDetail = Alula<"AttemptDetail">;
export type AttemptMetrics = Alula<"AttemptMetrics">;
export type MetricSeries = Alula<"MetricSeries">;
export type ComparedExecution = Alula<"ComparedExecution">;
export type CacheExplanation = Alula<"CacheExplanation">;
export type Gate = Alula<"Gate">;
export type Problem = Alula<"Problem">;
