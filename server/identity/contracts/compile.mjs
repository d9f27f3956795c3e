// Compiles the contracts of this folder to JSON artefacts: `node compile.mjs` where the package
// `solc` can be found (`end2end/node_modules`, or NODE_PATH). The artefacts are committed, so that
// building the program needs no compiler of contracts. With `--check` nothing is written: it fails
// when an artefact is not what its source compiles to.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const roots = [here, join(here, "../../../end2end/"), ...(process.env.NODE_PATH ?? "").split(":").filter(Boolean)];
const solc = roots
  .map((root) => {
    try {
      return createRequire(join(root, "x.js"))("solc");
    } catch {
      return undefined;
    }
  })
  .find(Boolean);
if (!solc) throw new Error("the package solc was not found; run npm install in end2end/");

const sources = ["SignatureValidator.sol", "TestWallets.sol"];
const input = {
  language: "Solidity",
  sources: Object.fromEntries(sources.map((name) => [name, { content: readFileSync(join(here, name), "utf8") }])),
  settings: {
    // The EVM of 2021: what this needs, on any chain that a wallet lives on.
    evmVersion: "london",
    optimizer: { enabled: true, runs: 1 },
    metadata: { bytecodeHash: "none", appendCBOR: false },
    outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "evm.methodIdentifiers"] } },
  },
};
const output = JSON.parse(solc.compile(JSON.stringify(input)));
for (const error of output.errors ?? []) console.error(error.formattedMessage);
if ((output.errors ?? []).some((error) => error.severity === "error")) process.exit(1);

for (const source of sources) {
  const contracts = Object.fromEntries(
    Object.entries(output.contracts[source]).map(([name, contract]) => [
      name,
      {
        methods: contract.evm.methodIdentifiers,
        bytecode: contract.evm.bytecode.object,
        deployedBytecode: contract.evm.deployedBytecode.object,
      },
    ]),
  );
  const artefact = { compiler: solc.version(), evmVersion: input.settings.evmVersion, contracts };
  const path = join(here, source.replace(".sol", ".json"));
  const text = JSON.stringify(artefact, null, 2) + "\n";
  if (!process.argv.includes("--check")) {
    writeFileSync(path, text);
  } else if (readFileSync(path, "utf8") !== text) {
    console.error(`${path} is not what ${source} compiles to; run node compile.mjs`);
    process.exit(1);
  }
}
