import { fileURLToPath } from 'node:url';
import type {
  ClassDeclaration, FunctionDeclaration, InterfaceDeclaration, JSDoc, JSDocTag, Node, ParameterDeclaration, SourceFile, Statement,
  TypeAliasDeclaration, TypeNode, VariableStatement,
} from 'typescript/unstable/ast';
import * as is from 'typescript/unstable/ast/is';
import { API, type Program } from 'typescript/unstable/sync';

/** What a doc comment says. */
export interface Doc {
  /** Everything before the first tag, in the lines that it was written in. */
  readonly text: string;
  /** The default, as it stands after `@default`. */
  readonly initial?: string;
  /** When the thing throws. */
  readonly throws?: string;
}

/** A property of an object, or of what a construct has. */
export interface Property {
  readonly doc: Doc;
  readonly isOptional: boolean;
  readonly name: string;
  readonly type: TypeNode;
}

/** A declaration that the package exports. */
export type Declaration = {
  readonly doc: Doc;
  /** What the names of types in it are in their own modules: `lambda` is `aws-cdk-lib.aws_lambda`. */
  readonly imports: ReadonlyMap<string, string>;
  readonly name: string;
} & (
  | { readonly kind: 'constant' }
  /** Without parameters where only its type is exported: it is not for users to make. */
  | { readonly kind: 'construct'; readonly parameters?: readonly ParameterDeclaration[]; readonly properties: readonly Property[] }
  | { readonly kind: 'function'; readonly parameters: readonly ParameterDeclaration[]; readonly result: TypeNode }
  | { readonly kind: 'object'; readonly properties: readonly Property[] }
  | { readonly kind: 'type'; readonly type: TypeNode }
);

const FOLDER = new URL('../', import.meta.url);

/**
 * What `src/index.ts` exports, in its order.
 *
 * The compiler's interface for programs is called unstable. Its version is pinned, and a change of it that
 * matters shows in the page.
 */
export function exportedDeclarations(): Declaration[] {
  const api = new API();
  try {
    const [project] = api.updateSnapshot({ openProjects: [pathOf('tsconfig.build.json')] }).getProjects();
    if (project === undefined) throw new Error('the compiler does not open tsconfig.build.json');
    return declarationsOf(project.program);
  } finally {
    api.close();
  }
}

function declarationsOf(program: Program): Declaration[] {
  return sourceFile(program, 'src/index.ts').statements.filter(is.isExportDeclaration).flatMap((statement) => {
    const { exportClause, moduleSpecifier } = statement;
    if (exportClause === undefined || !is.isNamedExports(exportClause) || moduleSpecifier === undefined || !is.isStringLiteral(moduleSpecifier)) {
      throw new Error(`src/index.ts: \`${statement.getText()}\` does not name what it exports`);
    }
    const file = sourceFile(program, `src/${moduleSpecifier.text.replace(/^\.\//, '').replace(/\.js$/, '.ts')}`);
    const imports = importsOf(file);
    return exportClause.elements.map((element) => {
      const name = element.name.text;
      const found = file.statements.find((candidate) => nameOf(candidate) === name);
      if (found === undefined) throw new Error(`${file.fileName}: there is no \`${name}\``);
      return declaration(name, found, imports, statement.isTypeOnly || element.isTypeOnly);
    });
  });
}

type Named = ClassDeclaration | FunctionDeclaration | InterfaceDeclaration | TypeAliasDeclaration | VariableStatement;

function isNamed(node: Node): node is Named {
  return is.isClassDeclaration(node) || is.isFunctionDeclaration(node) || is.isInterfaceDeclaration(node)
    || is.isTypeAliasDeclaration(node) || is.isVariableStatement(node);
}

function nameOf(node: Statement): string | undefined {
  if (!isNamed(node)) return undefined;
  return is.isVariableStatement(node) ? node.declarationList.declarations[0]?.name.getText() : node.name?.text;
}

function declaration(name: string, node: Statement, imports: ReadonlyMap<string, string>, isTypeOnly: boolean): Declaration {
  const common = { doc: docOf(node), imports, name };
  if (is.isClassDeclaration(node)) {
    const parameters = node.members.find(is.isConstructorDeclaration)?.parameters ?? [];
    return { ...common, kind: 'construct', properties: propertiesOf(node.members), ...(!isTypeOnly && { parameters }) };
  }
  if (is.isInterfaceDeclaration(node)) return { ...common, kind: 'object', properties: propertiesOf(node.members) };
  if (is.isTypeAliasDeclaration(node)) return { ...common, kind: 'type', type: node.type };
  if (is.isFunctionDeclaration(node)) {
    if (node.type === undefined) throw new Error(`\`${name}\` does not say what it returns`);
    return { ...common, kind: 'function', parameters: node.parameters, result: node.type };
  }
  return { ...common, kind: 'constant' };
}

/** Those that anybody can set or read; a `never` is only there to keep others apart. */
function propertiesOf(members: readonly Node[]): Property[] {
  return members.flatMap((member) => {
    if (!is.isPropertySignatureDeclaration(member) && !is.isPropertyDeclaration(member) && !is.isGetAccessorDeclaration(member)) return [];
    const { name, type } = member;
    if (member.modifiers?.some((modifier) => modifier.getText() === 'private') || type?.getText() === 'never') return [];
    if (type === undefined) throw new Error(`\`${name.getText()}\` does not say its type`);
    const isOptional = !is.isGetAccessorDeclaration(member) && member.postfixToken?.getText() === '?';
    return [{ doc: docOf(member), isOptional, name: name.getText(), type }];
  });
}

function docOf(node: Node): Doc {
  const comment = node.jsDoc?.at(-1) as JSDoc | undefined;
  const tag = (name: string) => {
    const found = comment?.tags?.find(({ tagName }) => tagName.text === name);
    return found && textOf(found.comment);
  };
  const [initial, throws] = [tag('default'), tag('throws')];
  return { text: textOf(comment?.comment), ...(initial !== undefined && { initial }), ...(throws !== undefined && { throws }) };
}

function textOf(comment: JSDocTag['comment']): string {
  return (comment ?? []).map((part) => part.text).join('').trim();
}

/** The names that a file imports, each as `MODULE.NAME`. */
function importsOf(file: SourceFile): Map<string, string> {
  return new Map(file.statements.filter(is.isImportDeclaration).flatMap(({ importClause, moduleSpecifier }) => {
    const bindings = importClause?.namedBindings;
    if (bindings === undefined || !is.isNamedImports(bindings) || !is.isStringLiteral(moduleSpecifier)) return [];
    const module = moduleSpecifier.text;
    return bindings.elements.map(({ name, propertyName }): [string, string] => [name.text, `${module}.${(propertyName ?? name).text}`]);
  }));
}

function sourceFile(program: Program, path: string): SourceFile {
  const file = program.getSourceFile(pathOf(path));
  if (file === undefined) throw new Error(`the compiler knows no ${path}`);
  return file;
}

function pathOf(path: string): string {
  return fileURLToPath(new URL(path, FOLDER));
}
