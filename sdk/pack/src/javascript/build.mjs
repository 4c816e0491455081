// Builds a JavaScript or TypeScript plugin into a component: bundles the author's files with the SDK, then
// hands the bundle to componentize-js. Called with one argument: a JSON object that says where everything is.
// It stands beside the tools, so that it finds them.
import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { componentize } from '@bytecodealliance/componentize-js';
import { rolldown } from 'rolldown';

const { project, stage, main, hooks } = JSON.parse(process.argv[2]);

const EXPORT = (hook) => `export const ${hook} = hook('${hook}', plugin);`;
const ENTRY = `import plugin from ${JSON.stringify(main)};
import { hook } from 'kulanz/glue';
${hooks.map(EXPORT).join('\n')}
`;

/** A bundle of everything but the host's interfaces, with the place of each of its lines. */
async function bundle() {
  const entry = join(stage, 'entry.js');
  await writeFile(entry, ENTRY);
  const build = await rolldown({
    input: entry,
    cwd: project,
    platform: 'neutral',
    // Its paths are for the editor.
    tsconfig: false,
    external: /^kulanz:plugin\//,
    resolve: {
      alias: { 'kulanz/glue': join(stage, 'kulanz', 'glue.js'), kulanz: join(stage, 'kulanz', 'index.js') },
      mainFields: ['module', 'main'],
      conditionNames: ['import', 'module', 'default'],
    },
    onwarn(warning) {
      // What cannot be found would fail inside the engine, with fewer words.
      if (warning.code === 'UNRESOLVED_IMPORT') throw new Error(warning.message);
    },
  });
  const { output } = await build.generate({ format: 'esm', sourcemap: true, codeSplitting: false });
  await build.close();
  return { code: output[0].code, map: output[0].map };
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The numbers of one segment of a source map. */
function numbers(segment) {
  const out = [];
  let value = 0;
  let shift = 0;
  for (const letter of segment) {
    const digit = DIGITS.indexOf(letter);
    value |= (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    out.push(value & 1 ? -(value >> 1) : value >> 1);
    value = 0;
    shift = 0;
  }
  return out;
}

/** `file:line` in the author's words for each line of the bundle, counted from one. */
function lines(map) {
  const table = {};
  let source = 0;
  let line = 0;
  map.mappings.split(';').forEach((row, index) => {
    let first = true;
    for (const segment of row.split(',').filter(Boolean)) {
      const [, sourceStep, lineStep] = numbers(segment);
      if (sourceStep === undefined) continue;
      source += sourceStep;
      line += lineStep;
      if (first) table[index + 1] = `${shown(map.sources[source])}:${line + 1}`;
      first = false;
    }
  });
  return table;
}

/** The author's files by their path in the project, the SDK's by its name. */
function shown(source) {
  const path = join(stage, source);
  const inSdk = relative(join(stage, 'kulanz'), path);
  if (!inSdk.startsWith('..')) return `kulanz/${inSdk}`;
  return relative(project, path);
}

const { code, map } = await bundle();
const table = `\nglobalThis.__kulanzLines = ${JSON.stringify(lines(map))};\n`;
const source = join(stage, 'plugin.js');
await writeFile(source, code.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n') + table);
process.chdir(stage);
const { component } = await componentize({
  sourcePath: source,
  witPath: join(stage, 'plugin.wit'),
  worldName: 'plugin',
  // Everything the engine would take from WASI. Without all of it a component has no WASI.
  disableFeatures: ['stdio', 'random', 'clocks', 'http', 'fetch-event'],
});
await writeFile(join(stage, 'plugin.wasm'), component);
