// Why a server cannot run here: it is not installed, and may not be installed.

/** Its message is the reason that skipped tests print. */
export class Missing extends Error {}
