// Signing in: a browser shows its operator's token once, and is known until the shift is over.
import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import type { Control } from '../../engine/control.ts';
import type { Identity } from '../../engine/identity.ts';
import { signIn, signOut } from '../person.ts';
import { document } from './layout.ts';
import type { Html } from './pieces.ts';
import { readerOf } from './reader.ts';

/** Adds the page, and signing in and out. */
export function addSignIn(pages: Hono, control: Control, identity: Identity): void {
  const page = async (c: Context, back: string, alert: string | null): Promise<Html> =>
    document({
      title: 'Sign in',
      heading: 'Sign in',
      live: null,
      now: await control.now(),
      parts: signInForm(back),
      alert,
      reader: readerOf(c),
    });
  pages.get('/sign-in', async (c) => c.html(await page(c, ownPath(c.req.query('back')), null)));
  pages.post('/sign-in', async (c) => {
    const form = await c.req.parseBody();
    const back = ownPath(textIn(form['back']));
    const person = await signIn(c, identity, textIn(form['token']).trim());
    if (person !== null) return c.redirect(back, 303);
    return c.html(
      await page(c, back, 'This token is nobody’s: it was revoked, replaced, or not copied whole.'),
      401,
    );
  });
  pages.post('/sign-out', (c) => {
    signOut(c);
    return c.redirect('/', 303);
  });
}

function signInForm(back: string): Html {
  return html`<p>
      Orders stand in the journal under a name. Your operator's token proves that it is yours.
    </p>
    <form method="post" action="/sign-in">
      <label
        >Your operator's token
        <input
          name="token"
          type="password"
          required
          maxlength="200"
          autocomplete="current-password"
          spellcheck="false"
      /></label>
      <input type="hidden" name="back" value="${back}" />
      <button class="primary">Sign in for 12 hours</button>
    </form>
    <p class="why">
      No token yet? Whoever looks after Backout here gives you one:
      <code>backout operator add &lt;name&gt;</code>
    </p>`;
}

function textIn(field: unknown): string {
  return typeof field === 'string' ? field : '';
}

/** A path of this server: nobody is sent elsewhere after signing in. */
function ownPath(path: string | undefined): string {
  return path !== undefined && /^\/(?![/\\])[\x21-\x7e]*$/.test(path) ? path : '/';
}
