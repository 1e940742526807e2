// Virtual time: what is to happen lies in a heap, and time is where the next of it is. Nothing waits for real.

/** Something that is to happen; called off by setting `happen` to null. */
export interface Planned {
  readonly at: number;
  readonly order: number;
  happen: (() => void) | null;
}

/** The time of one world: milliseconds from 0. */
export class VirtualTime {
  now = 0;
  readonly #heap: Planned[] = [];
  #planned = 0;

  /** Lets something happen after so long. What happens at the same time happens in the order in which it was planned. */
  after(ms: number, happen: () => void): Planned {
    const planned = { at: this.now + Math.max(0, ms), order: this.#planned, happen };
    this.#planned += 1;
    this.#push(planned);
    return planned;
  }

  /** Moves to the next thing and lets it happen. False when there is none. */
  step(): boolean {
    for (;;) {
      const next = this.#pop();
      if (next === undefined) return false;
      if (next.happen === null) continue;
      this.now = next.at;
      next.happen();
      return true;
    }
  }

  #push(planned: Planned): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(planned);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(planned, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = planned;
  }

  #pop(): Planned | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const [a, b] = [heap[left], heap[left + 1]];
      if (a === undefined) break;
      const [child, below] = b !== undefined && isBefore(b, a) ? [b, left + 1] : [a, left];
      if (!isBefore(child, last)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
    return top;
  }
}

function isBefore(a: Planned, b: Planned): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
