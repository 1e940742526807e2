// Loaded before everything else: changes the text of one file of src as it is read. BACKOUT_MUTATION says how.
import { registerHooks } from 'node:module';
import { mutations } from './mutations.ts';

const name = process.env['BACKOUT_MUTATION'] ?? '';
const mutation = mutations[name];
if (mutation !== undefined) {
  const { file, from, to } = mutation;
  registerHooks({
    load: (url, context, next) => {
      const loaded = next(url, context);
      if (!url.endsWith(`/src/${file}`)) return loaded;
      const text = textOf(loaded.source);
      // What the mutation was made for has changed: it must be made anew, and never be left out unseen.
      if (text.split(from).length !== 2)
        throw new Error(`Mutation ${name} fits src/${file} no longer.`);
      return { ...loaded, source: text.replace(from, () => to) };
    },
  });
}

function textOf(source: unknown): string {
  return typeof source === 'string' ? source : Buffer.from(source as Uint8Array).toString('utf8');
}
