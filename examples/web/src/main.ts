import { Account } from './account.js';
import { Calls, type Listed } from './calls.js';
import { CookieSession } from './cookie-session.js';
import { button, element } from './element.js';
import { HeaderSession } from './header-session.js';
import { Renewal } from './renewal.js';
import { type Identity, type Session, SignInFailure, SignOutFailure } from './session.js';
import { readSettings } from './settings.js';

/** What each page asks the API for. `loads`: without being told to. */
const PAGES: Record<string, { readonly calls: readonly Listed[]; readonly loads?: true }> = {
  home: {
    calls: [
      { method: 'GET', path: '/movies', what: 'Read the movies' },
      { method: 'GET', path: '/shows', what: 'Read the shows' },
      { method: 'GET', path: '/api/profile', what: 'Read my profile' },
    ],
  },
  movies: {
    loads: true,
    calls: [
      { method: 'GET', path: '/movies', what: 'Read the movies' },
      { method: 'GET', path: '/movies/7', what: 'Read one of them' },
      { method: 'DELETE', path: '/movies/7', what: 'Take it out of the catalogue' },
    ],
  },
  shows: {
    loads: true,
    calls: [
      { method: 'GET', path: '/shows', what: 'Read the shows' },
      { method: 'GET', path: '/shows/7', what: 'Read one of them' },
      { method: 'DELETE', path: '/shows/7', what: 'Take it out of the catalogue' },
    ],
  },
  admin: {
    calls: [
      { method: 'GET', path: '/api/admin/users', what: 'See all users' },
      { method: 'POST', path: '/movies', what: 'Add a movie' },
      { method: 'DELETE', path: '/shows/7', what: 'Take a show out of the catalogue' },
    ],
  },
};

const settings = readSettings(import.meta.env);
const session: Session = settings.mode === 'cookie' ? new CookieSession(settings, window) : new HeaderSession(settings, window);
const page = PAGES[document.querySelector('main')?.dataset.page ?? ''];
const notice = document.querySelector('#notice')!;

document.querySelector('#mode')!.textContent = settings.mode === 'cookie'
  ? 'Your token is kept from this page, behind a cookie; each call says with X-CSRF-Token that it comes from here.'
  : 'Your token is in this tab and goes along with each call, in the header Authorization.';

const account = new Account({
  signIn: () => leave(() => session.signIn(location.pathname)),
  signOut: () => leave(() => session.signOut()),
  renew: () => renewNow(),
});
const calls = new Calls(page?.calls ?? [], session, () => leave(() => session.signIn(location.pathname)));
const renewal = new Renewal(async () => (await renewNow())?.expiresAt ?? null);

// A page that the browser has kept, and shows again when somebody goes back, may be of somebody who has signed out.
window.addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });

await open();

async function open(): Promise<void> {
  let who: Identity | null = null;
  try {
    who = await session.load();
  } catch (error) {
    say(error instanceof SignInFailure ? error.message : 'It cannot be told whether you have signed in: the sign-in service cannot be reached.');
  }
  show(who);
  if (who !== null) renewal.start(who.expiresAt);
  document.addEventListener('visibilitychange', () => renewal.wake());
  if (page?.loads === true && who !== null) await calls.first();
}

function show(who: Identity | null): void {
  account.show(who);
  calls.show(who);
}

/** @throws If nobody answers; the session may go on then. */
async function renewNow(): Promise<Identity | null> {
  const who = await session.renew();
  show(who);
  if (who === null) say('Your session has ended. Sign in again to go on.');
  return who;
}

/** Does what leads to another page, and says so if it does not. */
async function leave(go: () => Promise<void>): Promise<void> {
  try {
    renewal.stop();
    await go();
  } catch (error) {
    say(error instanceof SignOutFailure ? error.message : 'The sign-in service cannot be reached. Check your connection, and try again.');
  }
}

function say(sentence: string): void {
  notice.replaceChildren(element('span', {}, sentence), button('Close', '', () => notice.replaceChildren()));
}
