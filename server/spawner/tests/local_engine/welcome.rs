//! What a new user finds in their home.

use std::time::Duration;

use spawner::engine::Engine;

use super::bench::{Bench, spec};

const NOTEBOOKS: [(&str, usize); 3] = [
    ("1 Contract simulation.ipynb", 0),
    ("2 Transaction analysis.ipynb", 3),
    ("3 Your LedgerCloud.ipynb", 0),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_welcome_notebooks_run_without_a_network() {
    let bench = Bench::new();
    let server = bench.start(spec()).await;
    let mut kernel = server.kernel().await;
    assert_eq!(
        kernel
            .run("import os\nprint(sorted(os.listdir('Welcome')))")
            .await,
        format!("{:?}\n", NOTEBOOKS.map(|(name, _)| name)).replace('"', "'")
    );
    for (name, charts) in NOTEBOOKS {
        let result = kernel
            .run(&format!(
                "import nbclient, nbformat\nnotebook = nbformat.read('Welcome/{name}', 4)\n\
                 await nbclient.NotebookClient(notebook, timeout=110).async_execute()\n\
                 outputs = [output for cell in notebook.cells for output in cell.get('outputs', [])]\n\
                 print(len(outputs) > 0, sum('image/png' in output.get('data', {{}}) for output in outputs), \
                 [output.text for output in outputs if output.get('name') == 'stderr'])"
            ))
            .await;
        // The kernel within the kernel may print warnings of its own before.
        assert_eq!(
            result.lines().last(),
            Some(format!("True {charts} []").as_str()),
            "{name}: {result}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_welcome_folder_is_given_once() {
    let bench = Bench::new();
    let server = bench.start(spec()).await;
    let mut kernel = server.kernel().await;
    kernel.run("import os\nos.remove('Welcome/1 Contract simulation.ipynb')\nopen('Welcome/3 Your LedgerCloud.ipynb', 'w').write('mine')").await;
    bench
        .engine
        .stop(server.id(), Duration::from_secs(10))
        .await
        .unwrap();
    let mut next = server.spec.clone();
    next.generation = 2;
    let server = bench.start(next).await;
    let kept = server.kernel().await.run("import os\nprint(sorted(os.listdir('Welcome')), open('Welcome/3 Your LedgerCloud.ipynb').read())").await;
    assert_eq!(
        kept,
        "['2 Transaction analysis.ipynb', '3 Your LedgerCloud.ipynb'] mine\n"
    );
}
