// What authors of connectors test with: `backout/testing`.
export type {
  ChannelCase,
  ConnectorCase,
  EventsCase,
  FailureCase,
  SignalCase,
  StateCase,
} from './testing/connector-case.ts';
export { connectorSuite } from './testing/connector-suite.ts';
export { type Simulated, invariants, simulate } from './testing/simulator.ts';
