use alloy_json_abi::JsonAbi;
use alloy_primitives::{Address, B256, U256, keccak256};
use proptest::prelude::*;
use types::explorer::{DecodedField, DecodedValue};

use super::*;

fn texts(fields: &[DecodedField]) -> Vec<String> {
    fields
        .iter()
        .map(|field| format!("{} {}={:?}", field.type_name, field.name, field.value))
        .collect()
}

#[test]
fn a_transfer_is_read_without_an_interface() {
    let function = find_function(standard(), "transfer(address,uint256)").unwrap();
    let to = Address::repeat_byte(0x11);
    let input = encode_call(function, &[to.to_string(), "1000".to_owned()]).unwrap();
    let decoded = call(None, &input).unwrap();
    assert_eq!(decoded.signature, "transfer(address,uint256)");
    assert_eq!(
        texts(&decoded.arguments),
        [
            format!("address to=Address({:?})", to.to_string()),
            "uint256 value=Number(\"1000\")".to_owned(),
        ]
    );
    assert_eq!(
        function_name(None, function.selector()).unwrap(),
        "transfer"
    );
}

#[test]
fn data_that_does_not_fit_is_not_named() {
    let function = find_function(standard(), "transfer(address,uint256)").unwrap();
    let arguments = [Address::repeat_byte(1).to_string(), "1".to_owned()];
    let input = encode_call(function, &arguments).unwrap();
    for wrong in [&input[..4], &input[..67], &[&input[..], &[0]].concat(), &[]] {
        assert_eq!(call(None, wrong), None, "{wrong:?}");
    }
}

#[test]
fn the_number_of_topics_tells_events_of_one_signature_apart() {
    let topic = Address::repeat_byte(1).into_word();
    let transfer = keccak256("Transfer(address,address,uint256)");
    let number = B256::with_last_byte(7);
    let coins = log(None, &[transfer, topic, topic], &number[..]).unwrap();
    assert_eq!(coins.parameters[2].name, "value");
    let instance = log(None, &[transfer, topic, topic, number], &[]).unwrap();
    assert_eq!(instance.parameters[2].name, "tokenId");
    assert!(instance.parameters[2].is_indexed);
}

#[test]
fn structures_keep_their_names_and_own_errors_are_read() {
    let abi = JsonAbi::parse([
        "struct Order { address maker; uint256[] amounts; }",
        "function place(Order order, string note)",
        "error TooLate(uint256 deadline)",
        "event Named(string indexed name, bytes data)",
    ]);
    let abi = abi.unwrap_or_else(|_| {
        parse_abi(r#"[
            {"type":"function","name":"place","stateMutability":"nonpayable","outputs":[],"inputs":[
                {"name":"order","type":"tuple","components":[
                    {"name":"maker","type":"address"},{"name":"amounts","type":"uint256[]"}]},
                {"name":"note","type":"string"}]},
            {"type":"error","name":"TooLate","inputs":[{"name":"deadline","type":"uint256"}]},
            {"type":"event","name":"Named","anonymous":false,"inputs":[
                {"name":"name","type":"string","indexed":true},{"name":"data","type":"bytes","indexed":false}]}
        ]"#).unwrap()
    });
    let function = find_function(&abi, "place((address,uint256[]),string)").unwrap();
    let order = format!("({}, [1, 2])", Address::repeat_byte(2));
    let input = encode_call(function, &[order, "hello, [world]".to_owned()]).unwrap();
    let decoded = call(Some(&abi), &input).unwrap();
    let DecodedValue::Tuple(fields) = &decoded.arguments[0].value else {
        panic!("{decoded:?}");
    };
    assert_eq!(fields[0].name, "maker");
    assert_eq!(fields[1].type_name, "uint256[]");
    assert_eq!(
        decoded.arguments[1].value,
        DecodedValue::Text("hello, [world]".to_owned())
    );
    let mut data = keccak256("TooLate(uint256)")[..4].to_vec();
    data.extend(U256::from(5).to_be_bytes::<32>());
    assert_eq!(custom_error(Some(&abi), &data).unwrap().name, "TooLate");
    assert_eq!(custom_error(None, &data), None);
}

#[test]
fn arguments_are_refused_by_name() {
    let function = find_function(standard(), "transfer(address,uint256)").unwrap();
    let address = Address::ZERO.to_string();
    for (arguments, problem) in [
        (vec![address.clone()], "takes 2 arguments"),
        (
            vec!["0x12".to_owned(), "1".to_owned()],
            "to is not a valid address",
        ),
        (
            vec![address.clone(), "-1".to_owned()],
            "value is not a valid uint256",
        ),
        (
            vec![address, "x".to_owned()],
            "value is not a valid uint256",
        ),
    ] {
        let error = encode_call(function, &arguments).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
}

#[test]
fn built_in_errors_are_sentences() {
    let mut data = vec![0x08, 0xc3, 0x79, 0xa0];
    data.extend(
        DynSolValue::Tuple(vec![DynSolValue::String("too poor".to_owned())]).abi_encode_params(),
    );
    assert_eq!(failure_reason(&data).unwrap(), "too poor");
    let mut panic = vec![0x4e, 0x48, 0x7b, 0x71];
    panic.extend(U256::from(0x11).to_be_bytes::<32>());
    assert_eq!(
        failure_reason(&panic).unwrap(),
        "an arithmetic overflow (panic 0x11)"
    );
    assert_eq!(failure_reason(&[1, 2]), None);
}

proptest! {
    #[test]
    fn hostile_data_is_harmless(data: Vec<u8>, selector in any::<prop::sample::Index>(), topics in 0_usize..5) {
        let functions: Vec<_> = standard().functions().collect();
        let mut input = selector.get(&functions).selector().to_vec();
        input.extend(&data);
        call(None, &input);
        failure_reason(&data);
        let events: Vec<_> = standard().events().collect();
        let topics = vec![selector.get(&events).selector(); topics];
        log(None, &topics, &data);
    }
}
