import { button, element } from './element.js';
import { lifetime } from './lifetime.js';
import type { Identity } from './session.js';

export interface AccountActions {
  readonly signIn: () => unknown;
  readonly signOut: () => unknown;
  readonly renew: () => Promise<unknown>;
}

/** Who is there: in the bar on top, and at length in the page. */
export class Account {
  private readonly bar = document.querySelector('#account')!;
  private readonly who = document.querySelector('#who')!;
  private clock: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly actions: AccountActions) {}

  show(identity: Identity | null): void {
    clearInterval(this.clock);
    const focused = document.activeElement?.textContent;
    if (identity === null) this.nobody();
    else this.somebody(identity);
    // What is replaced loses the focus, which somebody at a keyboard would have to find again.
    for (const each of document.querySelectorAll<HTMLButtonElement>('#account button, #who button')) {
      if (each.textContent === focused) return each.focus();
    }
  }

  private nobody(): void {
    this.bar.replaceChildren(button('Sign in', 'primary', this.actions.signIn));
    this.who.replaceChildren(element('div', { class: 'nobody' }, element('p', {}, 'Nobody: you have not signed in. The API answers 401 to all that it guards.')));
  }

  private somebody({ username, groups, expiresAt }: Identity): void {
    this.bar.replaceChildren(element('b', { title: username }, username), button('Sign out', '', this.actions.signOut));
    const chips = groups.length > 0 ? groups.map((group) => element('li', {}, group)) : [element('li', { class: 'none' }, 'in no group')];
    const left = element('span');
    const bar = element('progress', { max: String(Math.max(1, expiresAt - Date.now())), 'aria-label': 'What is left of the token' });
    const tick = () => {
      left.textContent = expiresAt > Date.now() ? `Token: ${lifetime(expiresAt, Date.now())} left` : 'Token: ended';
      bar.value = Math.max(0, expiresAt - Date.now());
    };
    tick();
    this.clock = setInterval(tick, 1_000);
    const renew = button('Renew now', '', () => {
      this.actions.renew().catch(() => { left.textContent = 'It could not be renewed just now'; });
    });
    this.who.replaceChildren(element(
      'div', { class: 'somebody' },
      element('span', { class: 'avatar', 'aria-hidden': 'true' }, username.slice(0, 1)),
      element('div', { class: 'facts' }, element('strong', {}, username), element('ul', { class: 'groups', 'aria-label': 'Groups' }, ...chips)),
      // Not read out each second.
      element('div', { class: 'life', 'aria-live': 'off' }, left, bar),
      renew,
    ));
  }
}
