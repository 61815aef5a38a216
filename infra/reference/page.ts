import type { ParameterDeclaration, TypeNode } from 'typescript/unstable/ast';
import type { Declaration, Doc, Property } from './declarations.js';
import { type Described, namesIn, typeText } from './type-text.js';

const CDK = 'https://docs.aws.amazon.com/cdk/api/v2/docs';

/**
 * The page docs/reference/construct.md: each construct, function and constant in the order of the declarations,
 * and below the first that takes it, each type of its properties.
 *
 * @throws If a property does not say what it is, or what it is when it is left out.
 */
export function referencePage(declarations: readonly Declaration[]): string {
  const page = new Page(declarations);
  const sections = page.sections();
  if (page.faults.length > 0) throw new Error(`not documented: ${page.faults.join(', ')}`);
  return `${[
    '# The construct',
    'What the npm package `gatepost-infra` exports. [Its own page](../../infra/README.md) has an app to begin with, and\n'
      + '[deploy.md](../deploy.md) says what a deployment does and what is refused. This page is made from the comments in\n'
      + '[infra/src](../../infra/src) by `npm --prefix infra run reference`.',
    table(['', 'what'], page.subjects.map(({ name, doc }) => [`[\`${name}\`](#${name.toLowerCase()})`, page.prose(firstSentence(doc), name)])),
    ...sections,
  ].join('\n\n')}\n`;
}

class Page {
  readonly faults: string[] = [];
  /** What has a section of its own; the rest are the types of properties. */
  readonly subjects: readonly Declaration[];
  private readonly byName: ReadonlyMap<string, Declaration>;
  private readonly written = new Set<string>();

  constructor(declarations: readonly Declaration[]) {
    this.byName = new Map(declarations.map((declaration) => [declaration.name, declaration]));
    this.subjects = declarations.filter(isSubject);
  }

  sections(): string[] {
    const sections = this.subjects.flatMap((declaration) => this.section(declaration, '##'));
    const unused = [...this.byName.values()].filter(({ name }) => !this.written.has(name));
    return [...sections, ...unused.flatMap((declaration) => this.section(declaration, '##'))];
  }

  private section(declaration: Declaration, level: '##' | '###'): string[] {
    const { doc, name } = declaration;
    if (this.written.has(name)) return [];
    this.written.add(name);
    const types = typesOf(declaration).flatMap(namesIn).flatMap((used) => this.byName.get(used) ?? []).filter((used) => !isSubject(used));
    return [
      `${level} ${name}`,
      ...(doc.text === '' ? [] : [this.prose(doc.text, name)]),
      ...this.body(declaration),
      ...(doc.throws === undefined ? [] : [this.prose(`Throws ${lowerFirst(doc.throws)}`, name)]),
      ...types.flatMap((used) => this.section(used, '###')),
    ];
  }

  private body(declaration: Declaration): string[] {
    const { imports, name } = declaration;
    const described: Described = (used) => this.described(used, name, imports);
    switch (declaration.kind) {
      case 'constant':
        return [];
      case 'construct': {
        const { parameters, properties } = declaration;
        const rows = properties.map((property) => [`\`${property.name}\``, typeText(property.type, described), this.what(property, name)]);
        return [
          ...(parameters === undefined ? [] : [code(`new ${name}(${list(parameters)})`)]),
          ...(rows.length === 0 ? [] : [table(['it has', 'type', 'what'], rows)]),
        ];
      }
      case 'function':
        return [code(`${name}(${list(declaration.parameters)}): ${declaration.result.getText()}`)];
      case 'object':
        return [table(['property', 'type', 'default', 'what'], declaration.properties.map((property) => [
          `\`${property.name}\``, typeText(property.type, described), this.initial(property, name), this.what(property, name),
        ]))];
      case 'type':
        return [`Type: ${typeText(declaration.type, described)}.`];
    }
  }

  private what({ doc, name }: Property, owner: string): string {
    if (doc.text === '') this.faults.push(`${owner}.${name}`);
    const throws = doc.throws === undefined ? '' : ` Throws ${lowerFirst(doc.throws)}`;
    return this.prose(`${doc.text}${throws}`, owner);
  }

  /** What a property is when it is left out. A default that is no value is written with a hyphen before it. */
  private initial({ doc, isOptional, name }: Property, owner: string): string {
    if (!isOptional) return 'required';
    if (doc.initial === undefined) this.faults.push(`the default of ${owner}.${name}`);
    const initial = doc.initial ?? '';
    return initial.startsWith('- ') ? this.prose(initial.slice(2), owner) : `\`${initial}\``;
  }

  /** With links to other pages, and to what else the package exports. */
  prose(text: string, owner: string): string {
    return text
      .replace(/(?<![`/\w])docs\/([\w/-]+\.md)(#[\w-]+)?/g, (_, path: string, anchor = '') => `[${path}](../${path}${anchor})`)
      .replace(/`(\w+)(?:\.\w+)?`/g, (span, name: string) => (name !== owner && this.byName.has(name) ? `[${span}](#${name.toLowerCase()})` : span));
  }

  private described(used: string, owner: string, imports: ReadonlyMap<string, string>): ReturnType<Described> {
    if (this.byName.has(used)) return used === owner ? undefined : { name: used, at: `#${used.toLowerCase()}` };
    const [first = '', ...members] = used.split('.');
    const name = [imports.get(first), ...members].join('.');
    const [page] = /^aws-cdk-lib(?:\.aws_\w+)?\.[A-Z]\w*/.exec(name) ?? [];
    return page === undefined ? undefined : { name: name.replace('aws-cdk-lib.', ''), at: `${CDK}/${page}.html` };
  }
}

function isSubject(declaration: Declaration): boolean {
  const { kind } = declaration;
  return kind === 'constant' || kind === 'function' || (kind === 'construct' && declaration.parameters !== undefined);
}

/** What a declaration is made of. */
function typesOf(declaration: Declaration): TypeNode[] {
  switch (declaration.kind) {
    case 'constant':
      return [];
    case 'construct':
      return [...declaration.parameters ?? [], ...declaration.properties].flatMap(({ type }) => type ?? []);
    case 'function':
      return [...declaration.parameters.flatMap(({ type }) => type ?? []), declaration.result];
    case 'object':
      return declaration.properties.map(({ type }) => type);
    case 'type':
      return [declaration.type];
  }
}

function firstSentence({ text }: Doc): string {
  return /^.*?\.(?=\s|$)/s.exec(text)?.[0] ?? text;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function list(parameters: readonly ParameterDeclaration[]): string {
  return parameters.map((parameter) => parameter.getText().replace(/\s*\n\s*/g, ' ')).join(', ');
}

function code(text: string): string {
  return `\`\`\`ts\n${text}\n\`\`\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replace(/\s*\n\s*/g, ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
