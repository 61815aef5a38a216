import { type Answer, answerOf, UNREACHABLE } from './answer.js';
import { button, element } from './element.js';
import type { ApiRequest, Identity, Session } from './session.js';

export interface Listed extends ApiRequest {
  readonly what: string;
}

/** The calls of a page, each with a button, and below it what came of it. */
export class Calls {
  private who: Identity | null = null;
  private readonly rows: readonly { readonly listed: Listed; readonly press: HTMLButtonElement; readonly answer: HTMLElement }[];

  constructor(listed: readonly Listed[], private readonly session: Session, private readonly signIn: () => unknown) {
    this.rows = listed.map((each) => {
      const verb = element('span', { class: 'verb' }, each.method);
      const press = button('', '', () => this.call(each));
      press.append(element('code', {}, verb, ` ${each.path}`));
      const answer = element('div', { class: 'answer', 'aria-live': 'polite' }, element('p', { class: 'idle' }, each.what));
      return { listed: each, press, answer };
    });
    document.querySelector('#calls')!.replaceChildren(...this.rows.map(({ press, answer }) => element('li', { class: 'call' }, press, answer)));
  }

  /** Answers of somebody else are no answers. */
  show(who: Identity | null): void {
    const isSame = who?.sub === this.who?.sub;
    this.who = who;
    if (!isSame) for (const { listed, answer } of this.rows) answer.replaceChildren(element('p', { class: 'idle' }, listed.what));
  }

  async first(): Promise<void> {
    const [row] = this.rows;
    if (row !== undefined) await this.call(row.listed);
  }

  private async call(listed: Listed): Promise<void> {
    const row = this.rows.find((each) => each.listed === listed)!;
    if (row.press.getAttribute('aria-disabled') === 'true') return;
    row.press.setAttribute('aria-disabled', 'true');
    row.answer.setAttribute('aria-busy', 'true');
    const begin = performance.now();
    const answer = await this.ask(listed);
    const took = Math.round(performance.now() - begin);
    row.press.removeAttribute('aria-disabled');
    row.answer.setAttribute('aria-busy', 'false');
    row.answer.className = `answer ${answer.kind}`;
    row.answer.replaceChildren(...this.words(answer, took));
  }

  private async ask(request: ApiRequest): Promise<Answer> {
    try {
      const response = await this.session.call(request);
      return answerOf(response.status, await response.text(), this.who);
    } catch {
      return UNREACHABLE;
    }
  }

  private words(answer: Answer, took: number): Node[] {
    const line = element(
      'p', {}, element('span', { class: 'status' }, answer.status || 'No answer'), answer.sentence, element('time', {}, `${took} ms`),
    );
    if (answer.kind === 'unauthorized') line.append(button('Sign in', '', this.signIn));
    if (answer.body === '') return [line];
    return [line, element('details', {}, element('summary', {}, 'What it said'), element('pre', { tabindex: '0' }, answer.body))];
  }
}
