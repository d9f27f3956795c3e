#[tokio::test]
async fn opens() {}
