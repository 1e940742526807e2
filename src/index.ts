// What the package `backout` exports: plans written in TypeScript, and the types of plans.
export { InvalidPlan, definePlan } from './core/plan/define.ts';
export type {
  CheckInput,
  CheckpointEntryInput,
  ManualStepInput,
  NotApplicableInput,
  PersonInput,
  PhaseInput,
  PlanDefinition,
  PlaybookInput,
  SignalInput,
  StateStepInput,
  SystemInput,
  TriggerInput,
} from './core/plan/definition.ts';
export type {
  Condition,
  ReconciliationCondition,
  RelativeCondition,
  ThresholdCondition,
} from './core/plan/condition.ts';
export type {
  Plan,
  PlanCheck,
  PlanCheckpoint,
  PlanEntry,
  PlanPhase,
  PlanPlaybook,
  PlanSignal,
  PlanStage,
  PlanStep,
  PlanSystem,
  PlanTrigger,
} from './core/plan/plan.ts';
export type { Finding, Place, Problem } from './core/plan/problem.ts';
export type { DurationText, Rate, RateText, RatioText, SizeText } from './core/plan/scalars.ts';
export type { ConditionInput } from './core/plan/schema/condition.ts';
