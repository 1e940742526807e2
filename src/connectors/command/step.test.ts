// Exits by class of error: what is tried again by itself, and what is for people.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classOfExit } from './step.ts';

test('a command says by its exit whether to try again', () => {
  const classes = [1, 2, 64, 68, 69, 70, 74, 75, 76, 77, 78, 124, 126, 127, 255].map((code) => [
    code,
    classOfExit(code),
  ]);
  assert.deepEqual(classes, [
    [1, 'refused'],
    [2, 'refused'],
    [64, 'refused'],
    [68, 'cannot-reach'],
    [69, 'cannot-reach'],
    [70, 'refused'],
    [74, 'refused'],
    [75, 'cannot-reach'],
    [76, 'refused'],
    [77, 'not-allowed'],
    [78, 'refused'],
    [124, 'timed-out'],
    [126, 'not-allowed'],
    [127, 'refused'],
    [255, 'refused'],
  ]);
});
