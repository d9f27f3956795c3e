// Compiles Contracts.sol to Contracts.json: `node compile.mjs` where the package `solc` can be found
// (`end2end/node_modules`, or NODE_PATH). The artefact and the compiler's input are committed, so
// that tests need no compiler. With `--check` it fails when they are not what the source compiles to.
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

const input = {
  language: "Solidity",
  sources: { "Contracts.sol": { content: readFileSync(join(here, "Contracts.sol"), "utf8") } },
  settings: {
    evmVersion: "london",
    optimizer: { enabled: true, runs: 200 },
    outputSelection: { "*": { "*": ["abi", "evm.bytecode", "evm.deployedBytecode"] } },
  },
};
const output = JSON.parse(solc.compile(JSON.stringify(input)));
for (const error of output.errors ?? []) console.error(error.formattedMessage);
if ((output.errors ?? []).some((error) => error.severity === "error")) process.exit(1);

const contracts = Object.fromEntries(
  Object.entries(output.contracts["Contracts.sol"]).map(([name, contract]) => [
    name,
    { abi: contract.abi, bytecode: contract.evm.bytecode.object, links: contract.evm.bytecode.linkReferences },
  ]),
);
const text = JSON.stringify({ compiler: solc.version(), input, contracts }, null, 1) + "\n";
const path = join(here, "Contracts.json");
if (!process.argv.includes("--check")) writeFileSync(path, text);
else if (readFileSync(path, "utf8") !== text) throw new Error("Contracts.json is old; run node compile.mjs");
