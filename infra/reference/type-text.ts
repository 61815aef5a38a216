import type { Node, TypeNode } from 'typescript/unstable/ast';
import * as is from 'typescript/unstable/ast/is';

/** Where a type is described, and its name there, if that is known. */
export type Described = (name: string) => { readonly at: string; readonly name: string } | undefined;

/** A type in words, with links: ``list of [`Issuer`](#issuer), at least one``. */
export function typeText(type: TypeNode, described: Described): string {
  const text = (part: TypeNode) => typeText(part, described);
  if (is.isParenthesizedTypeNode(type)) return text(type.type);
  // All are read only.
  if (is.isTypeOperatorNode(type)) return text(type.type);
  if (is.isUnionTypeNode(type)) return alternatives(type.types.map(text));
  if (is.isArrayTypeNode(type)) return `list of ${text(type.elementType)}`;
  if (is.isTupleTypeNode(type)) {
    const [first, rest, ...others] = type.elements;
    if (first !== undefined && rest !== undefined && is.isRestTypeNode(rest) && others.length === 0) {
      return `list of ${text(first as TypeNode)}, at least one`;
    }
  }
  const known = is.isTypeReferenceNode(type) ? described(type.typeName.getText()) : undefined;
  if (known !== undefined) return `[${code(known.name)}](${known.at})`;
  if (is.isTemplateLiteralTypeNode(type)) return code(type.getText().replaceAll('`', '').replaceAll('${string}', 'NAME'));
  return code(type.getText());
}

/** For a cell of a table, where a bar would end it even here. */
function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}

/** The names of all types that a type is made of. */
export function namesIn(node: Node): string[] {
  const names: string[] = is.isTypeReferenceNode(node) ? [node.typeName.getText()] : [];
  node.forEachChild((child) => {
    names.push(...namesIn(child));
  });
  return names;
}

function alternatives(all: readonly string[]): string {
  const last = all.at(-1) ?? '';
  return all.length < 2 ? last : `${all.slice(0, -1).join(', ')} or ${last}`;
}
