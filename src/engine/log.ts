// How the engine talks to whoever runs the node: one sentence at a time, never a secret.

/** Says one sentence; it begins with who speaks: `[engine] …`. */
export type Log = (level: 'info' | 'warn' | 'error', sentence: string) => void;
