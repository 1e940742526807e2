// Runs the contract suite on every deliberately bad connector: started as a process of its own, for most of it must fail.
import { describe } from 'node:test';
import { connectorSuite } from '../../../src/testing.ts';
import { faults } from './faults.ts';

for (const { title, given } of faults) describe(title, () => connectorSuite(given));
