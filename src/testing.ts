// What authors of connectors test with: `backout/testing`.
export {
  connectorSuite,
  type ChannelCase,
  type ConnectorCase,
  type FailureCase,
  type SignalCase,
  type StateCase,
} from './testing/connector-suite.ts';
export { type Simulated, invariants, simulate } from './testing/simulator.ts';
