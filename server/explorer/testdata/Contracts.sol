// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// ERC-20 with an immutable, a constructor argument and a custom error.
contract Coin {
    string public name = "Test Coin";
    string public symbol = "TCN";
    uint8 public immutable decimals;
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;

    event Transfer(address indexed from, address indexed to, uint256 value);

    error TooPoor(uint256 held, uint256 wanted);

    constructor(uint8 decimals_, uint256 supply) {
        decimals = decimals_;
        totalSupply = supply;
        balanceOf[msg.sender] = supply;
        emit Transfer(address(0), msg.sender, supply);
    }

    function transfer(address to, uint256 value) external returns (bool) {
        if (balanceOf[msg.sender] < value) revert TooPoor(balanceOf[msg.sender], value);
        balanceOf[msg.sender] -= value;
        balanceOf[to] += value;
        emit Transfer(msg.sender, to, value);
        return true;
    }
}

/// ERC-721, as far as its events.
contract Picture {
    string public name = "Pictures";
    string public symbol = "PIC";
    mapping(uint256 => address) public ownerOf;

    event Transfer(address indexed from, address indexed to, uint256 indexed tokenId);

    function mint(address to, uint256 tokenId) external {
        ownerOf[tokenId] = to;
        emit Transfer(address(0), to, tokenId);
    }
}

/// ERC-1155, as far as its events.
contract Items {
    event TransferBatch(
        address indexed operator, address indexed from, address indexed to, uint256[] ids, uint256[] values
    );

    function mint(address to, uint256[] calldata ids, uint256[] calldata values) external {
        emit TransferBatch(msg.sender, address(0), to, ids, values);
    }
}

library Doubling {
    function double(uint256 value) external pure returns (uint256) {
        return value * 2;
    }
}

/// Names that nobody should show as they are.
contract Hostile {
    uint256 public immutable born = block.number;

    event Transfer(address indexed from, address indexed to, uint256 value);

    function name() external pure returns (bytes memory) {
        return hex"ff41e280ae42ff";
    }

    function symbol() external pure returns (string memory) {
        return "A very long symbol that does not fit into any table that people read";
    }

    function decimals() external pure returns (uint256) {
        revert("none");
    }

    function totalSupply() external pure returns (uint256) {
        while (true) {}
        return 0;
    }

    function move(address to) external {
        emit Transfer(address(this), to, 5);
    }
}

/// Makes contracts and pays: calls between contracts.
contract Factory {
    event Made(address indexed child);

    function make() external payable returns (address child) {
        child = address(new Hostile());
        emit Made(child);
    }

    function pay(address payable to) external payable {
        (bool sent,) = to.call{value: msg.value}("");
        require(sent, "not paid");
    }

    function double(uint256 value) external pure returns (uint256) {
        return Doubling.double(value);
    }
}
