// The contracts that live on the chain of the explorer's tests, and the input that proves their
// source: one of each kind of token, one that does everything a page must decode, and one that
// makes contracts.

import { createRequire } from 'node:module';

const solc = createRequire(import.meta.url)('solc');

/** Path of the source in the compiler's input. */
const FILE = 'contracts/Harbour.sol';

const SOURCE = `// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// ERC-20 with six decimals.
contract HarbourCoin {
    string public name = "Harbour Coin";
    string public symbol = "HRB";
    uint8 public constant decimals = 6;
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;

    event Transfer(address indexed from, address indexed to, uint256 value);

    error TooPoor(uint256 held, uint256 wanted);

    constructor(uint256 supply) {
        totalSupply = supply;
        balanceOf[msg.sender] = supply;
        emit Transfer(address(0), msg.sender, supply);
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        if (balanceOf[msg.sender] < amount) revert TooPoor(balanceOf[msg.sender], amount);
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
        emit Transfer(msg.sender, to, amount);
        return true;
    }
}

/// ERC-721, as far as its events and names.
contract LighthousePictures {
    string public name = "Lighthouse Pictures";
    string public symbol = "LHP";
    mapping(uint256 => address) public ownerOf;

    event Transfer(address indexed from, address indexed to, uint256 indexed tokenId);

    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id == 0x01ffc9a7 || id == 0x80ac58cd;
    }

    function mint(address to, uint256 tokenId) external {
        ownerOf[tokenId] = to;
        emit Transfer(address(0), to, tokenId);
    }
}

/// ERC-1155, as far as its events.
contract CargoItems {
    string public name = "Cargo Items";
    mapping(address => mapping(uint256 => uint256)) public balanceOf;

    event TransferBatch(
        address indexed operator, address indexed from, address indexed to, uint256[] ids, uint256[] values
    );

    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id == 0x01ffc9a7 || id == 0xd9b67a26;
    }

    function mint(address to, uint256[] calldata ids, uint256[] calldata values) external {
        for (uint256 place = 0; place < ids.length; place++) balanceOf[to][ids[place]] += values[place];
        emit TransferBatch(msg.sender, address(0), to, ids, values);
    }
}

/// Keeps a ledger of what it is told, pays on, and refuses.
contract HarbourOffice {
    struct Berth {
        uint256 number;
        address ship;
    }

    uint256 public entries;
    string public lastNote;
    mapping(address => uint256) public deposits;

    event Noted(address indexed by, uint256 indexed number, string note, Berth berth);

    error BerthTaken(uint256 number, address by);

    function note(string calldata text, Berth calldata berth, bool isUrgent, bytes calldata seal) external {
        entries += isUrgent ? 2 : 1;
        lastNote = text;
        emit Noted(msg.sender, berth.number, text, berth);
        require(seal.length < 100, "the seal is too long");
    }

    function deposit() external payable {
        deposits[msg.sender] += msg.value;
    }

    function payOn(address payable to) external payable {
        (bool isPaid,) = to.call{value: msg.value}("");
        require(isPaid, "not paid");
    }

    function take(uint256 number) external view {
        revert BerthTaken(number, msg.sender);
    }

    function close() external pure {
        revert("the harbour is closed");
    }

    function sum(uint256 a, uint256 b) external pure returns (uint256 total) {
        return a + b;
    }
}

/// Makes contracts within a transaction.
contract Shipyard {
    event Launched(address indexed ship);

    function launch() external returns (address ship) {
        ship = address(new Ship());
        emit Launched(ship);
    }
}

contract Ship {
    uint256 public immutable launchedAt = block.number;
}
`;

/** What the compiler is given, and what proves the source of each contract on the explorer. */
export const STANDARD_JSON = {
  language: 'Solidity',
  sources: { [FILE]: { content: SOURCE } },
  settings: {
    optimizer: { enabled: true, runs: 200 },
    outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } },
  },
};

/** The command of the same compiler, for the program's setting `chain.compiler`. */
export const COMPILER = [process.execPath, createRequire(import.meta.url).resolve('solc/solc.js'), '--standard-json'];

/** All contracts by name: `{ abi, bytecode }`. */
export function compileHarbour() {
  const output = JSON.parse(solc.compile(JSON.stringify(STANDARD_JSON)));
  const errors = (output.errors ?? []).filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join('\n'));
  return Object.fromEntries(
    Object.entries(output.contracts[FILE]).map(([name, { abi, evm }]) => [name, { abi, bytecode: `0x${evm.bytecode.object}` }]),
  );
}
