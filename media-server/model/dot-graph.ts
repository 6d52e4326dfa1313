/**
 * What getGstreamerDot answers here: the objects and their connections in the language of Graphviz. The original draws
 * the GStreamer elements inside; there are none, and what remains is what an application built.
 */
import type { MediaObject } from './media-object';
import { objectOperations, operations } from './media-object';
import type { OperationTable } from './media-object';

/** In a quoted text of Graphviz; a name may be anything. */
function quoted(text: string): string {
  const plain = text.replace(/[\\"]/g, '\\$&').replace(/\r?\n|\r/g, '\\n');
  return `"${plain}"`;
}

function label(object: MediaObject): string {
  return object.name === object.id ? object.type.name : `${object.type.name}\n${object.name}`;
}

/** The object, all inside of it, and the connections of any of these. */
export function dotGraph(root: MediaObject): string {
  const drawn = new Set<MediaObject>();
  const nodes: string[] = [];
  const edges: string[] = [];
  const draw = (object: MediaObject): void => {
    if (drawn.has(object)) return;
    drawn.add(object);
    nodes.push(`  ${quoted(object.id)} [label=${quoted(label(object))}];`);
  };
  const walk = (object: MediaObject): void => {
    draw(object);
    for (const { sink, name } of object.links()) {
      draw(sink);
      edges.push(`  ${quoted(object.id)} -> ${quoted(sink.id)} [label=${quoted(name)}];`);
    }
    for (const child of object.children) walk(child);
  };
  walk(root);
  const head = [
    'digraph pipeline {',
    '  rankdir=LR;',
    `  label=${quoted(label(root))};`,
    '  node [shape=box];',
  ];
  return [...head, ...nodes, ...edges, '}', ''].join('\n');
}

/** `details` chooses how much of GStreamer is drawn: nothing, whatever it says. Dumping goes to GStreamer's debug folder: to none. */
export const dotOperations: OperationTable = operations<MediaObject>(objectOperations, {
  getGstreamerDot: (self) => dotGraph(self),
  dumpGstreamerDot: () => undefined,
});
