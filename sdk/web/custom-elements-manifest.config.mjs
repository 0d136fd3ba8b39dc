/** How the manifest of the elements is made from their sources. */
export default {
  globs: ['src/element/verilume-liveness.ts', 'src/element/azure.ts'],
  outdir: '.',
  litelement: true,
  plugins: [
    {
      // What starts with # or is protected belongs to nobody outside.
      name: 'public-only',
      packageLinkPhase({ customElementsManifest }) {
        for (const module of customElementsManifest.modules) {
          module.declarations = module.declarations.filter(({ customElement }) => customElement);
          for (const declaration of module.declarations) {
            declaration.events = declaration.events?.filter(({ name }) => name.startsWith('vl-'));
            declaration.members = declaration.members?.filter(
              ({ name, privacy, kind, static: isStatic, inheritedFrom }) =>
                !name.startsWith('#') && privacy !== 'private' && privacy !== 'protected' && !inheritedFrom && !(isStatic && kind === 'field') && !LIFECYCLE.has(name),
            );
          }
        }
      },
    },
  ],
};

const LIFECYCLE = new Set(['connectedCallback', 'disconnectedCallback', 'firstUpdated', 'willUpdate', 'updated', 'render']);
