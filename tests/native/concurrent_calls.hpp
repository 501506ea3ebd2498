// One engine called by many threads at once, and engines and teams for which memory or threads run
// out.
#pragma once

// A network with everything that takes room of its own, bound to data of its own.
struct Bound {
    static constexpr std::size_t n = 120, d = 6, k = 3;
    Network network;
    std::vector<float> theta, gradient, first, second, statistics, X;
    std::vector<std::int64_t> labels, order, offsets;
    std::vector<Rates> rates;
    std::unique_ptr<ConcurrentEngine<float>> engine;
    double t = 0;

    explicit Bound(std::size_t n_threads) {
        std::size_t e = network.periodic(d, 3, 4, 2);
        e = network.piecewise(e, {3, 5}, 4);
        network.dense(e, 70, "gelu");
        network.batch_norm(70);
        network.dropout(70, 0.2);
        network.mixed_activation(70, "silu");
        network.dense(70, k, "identity");
        std::mt19937 random(7);
        std::normal_distribution<float> normal(0, 0.3f);
        theta.resize(network.n_parameters), gradient = first = second = theta;
        statistics.resize(network.n_statistics), X.resize(n * d), labels.resize(n),
            order.resize(2 * n);
        for (std::size_t i = 0; i < statistics.size(); ++i)
            statistics[i] = 0.2f * static_cast<float>(1 + i);
        for (float& w : theta) w = normal(random);
        for (float& x : X) x = normal(random);
        for (std::int64_t& label : labels) label = static_cast<std::int64_t>(random() % k);
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int64_t>(i % n);
        for (std::size_t i = 0; i <= order.size(); i += 30)
            offsets.push_back(static_cast<std::int64_t>(i));
        rates.assign(offsets.size() - 1, {0.01, 1, 1});
        Settings settings;
        settings.loss = {"softmax", {0.0}};
        settings.optimizer = {"adam", 0, 0.9, 0.99, 1e-8};
        settings.n_threads = n_threads;
        engine = std::make_unique<ConcurrentEngine<float>>(
            network.made<float>(), std::vector<Segment>{{0, theta.size(), 1, 1}}, settings,
            Tensors<float>{theta.data(), gradient.data(), statistics.data()}, statistics.size(),
            first.data(), second.data());
    }

    Rows<float> rows() const { return {X.data(), nullptr, nullptr, nullptr, n, d}; }

    Target<float> target() const { return {nullptr, labels.data()}; }

    double loss_and_gradient(std::uint64_t step) {
        return engine->change([&](Engine<float>& own) {
            return own.loss_and_gradient(rows(), target(), nullptr, step);
        });
    }

    double gradient_norm() {
        return engine->change([](Engine<float>& own) { return own.gradient_norm(); });
    }

    Steps run() {
        double& count = t;
        return engine->run(rows(), target(), nullptr, {order.data(), offsets.data(), rates.size()},
                           0, rates.data(), count, [] { return false; });
    }
};

template <class Work>
bool runs_out(Work work) {
    try {
        work();
        return false;
    } catch (const std::bad_alloc&) {
        return true;
    }
}

// A piece that fails, wherever it runs: the phase ends, its leader throws, and the team goes on.
void drive_failures() {
    Team team(3);
    for (int round = 0; round < 500; ++round) {
        std::vector<int> done(20, 0);
        const std::size_t bad = static_cast<std::size_t>(round) % 20;
        const std::size_t first = round % 50 == 0 ? 0 : bad;
        const bool failed = runs_out([&] {
            team.run({done.size(), [&](std::size_t piece) {
                          done[piece] = 1;
                          if (piece == bad || round % 50 == 0) throw std::bad_alloc();
                      }});
        });
        expect(failed, "a piece failed and nobody was told");
        team.run({done.size(), [&](std::size_t piece) { done[piece] += 2; }});
        for (std::size_t i = 0; i < done.size(); ++i)
            expect(done[i] == 3 || (i > first && done[i] == 2),  // 2: a leader alone ends there
                   "a piece was left out");
    }
}

// Threads that do not start: fewer, none, and the same numbers.
void drive_few_threads() {
    Bound alone(1), helped(64);
    alone.run(), alone.run();
    faults::threads_left = 2;
    helped.run();
    faults::threads_left = 0;
    helped.run();
    std::vector<float> Z(Bound::n * Bound::k);
    helped.engine->predict(helped.rows(), Z.data());
    Team none(5);
    expect(none.n_workers() == 1 && none.n_wanted() == 6, "threads started that could not");
    none.run({7, [](std::size_t) {}});
    faults::threads_left = 1 << 30;
    expect(alone.theta == helped.theta, "fewer threads train other numbers");
}

// Steps, gradients, updates, predictions and answers to one row, all on one engine, and another
// engine on the same parameters.
void drive_concurrent_calls() {
    Bound bound(2);
    Settings settings;
    settings.loss = {"softmax", {0.0}};
    std::vector<float> other_gradient(bound.theta.size());
    ConcurrentEngine<float> other(
        bound.network.made<float>(), {{0, bound.theta.size(), 1, 1}}, settings,
        {bound.theta.data(), other_gradient.data(), bound.statistics.data()},
        bound.statistics.size(), nullptr, nullptr);
    const auto predict = [&](ConcurrentEngine<float>& engine) {
        std::vector<float> Z(Bound::n * Bound::k);
        for (int i = 0; i < 20; ++i) engine.predict(bound.rows(), Z.data());
    };
    std::mutex counting;  // as the caller's lock does for the number of steps
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i)
        threads.emplace_back([&] {
            for (int j = 0; j < 6; ++j) {
                const std::lock_guard<std::mutex> lock(counting);
                expect(bound.run().status == Status::done, "a run stopped early");
            }
        });
    threads.emplace_back([&] {
        for (int j = 0; j < 6; ++j) bound.loss_and_gradient(1);
    });
    threads.emplace_back([&] {
        for (int j = 0; j < 6; ++j) {
            const double norm = bound.gradient_norm();
            bound.engine->change([=](Engine<float>& own) { own.update(1e-3, norm, 5); });
        }
    });
    threads.emplace_back([&] { predict(*bound.engine); });
    threads.emplace_back([&] { predict(*bound.engine); });
    threads.emplace_back([&] { predict(other); });
    threads.emplace_back([&] {
        for (int i = 0; i < 200; ++i) {
            const std::shared_lock<Gate> reading(other.gate());
            other.predictor().predict_row(
                [&](float* x) { std::copy(bound.X.data(), bound.X.data() + Bound::d, x); },
                [](const float*) {});
        }
    });
    for (auto& thread : threads) thread.join();
    expect(bound.t == 2 * 6 * static_cast<double>(bound.rates.size()), "a step was not counted");
    bool refused = false;  // from inside its own run
    bound.engine->run(bound.rows(), bound.target(), nullptr,
                      {bound.order.data(), bound.offsets.data(), 1}, 0, bound.rates.data(), bound.t,
                      [] { return false; });
    const auto inside = [&] {
        predict(*bound.engine);
        try {
            bound.gradient_norm();
        } catch (const std::runtime_error&) {
            refused = true;
        }
        return true;
    };
    std::vector<std::int64_t> long_order(30 * 20'000, 0), long_offsets;
    for (std::size_t i = 0; i <= long_order.size(); i += 30)
        long_offsets.push_back(static_cast<std::int64_t>(i));
    const std::vector<Rates> long_rates(long_offsets.size() - 1, {0.0, 1, 1});
    const Steps steps =
        bound.engine->run(bound.rows(), bound.target(), nullptr,
                          {long_order.data(), long_offsets.data(), long_rates.size()}, 0,
                          long_rates.data(), bound.t, inside);
    expect(steps.status == Status::interrupted && refused,
           "a call from inside a run was not refused");
}

// Every loss as the last step of an answer to one row: it is an answer, or scores that are not
// finite are refused.
void drive_all_answers() {
    for (const LossKind<float>& loss : losses<float>) {
        const OutputTransform transform{loss.transform, false, 3, {}, {}, {}, {}};
        std::vector<double> out(3);
        const std::vector<float> good{0.5f, -1.0f, 2.0f};
        transform.answer(good.data(), 3, out.data());
        for (const double answer : out) expect(std::isfinite(answer), "an answer is not finite");
        for (const float bad :
             {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
            bool refused = false;
            try {
                const std::vector<float> scores{0.5f, bad, 2.0f};
                transform.answer(scores.data(), 3, out.data());
            } catch (const std::domain_error&) {
                refused = true;
            }
            expect(refused, "scores that are not finite were answered");
        }
    }
}

// Each allocation of the first steps, gradients and predictions of an engine fails, one at a time:
// bad_alloc, whole steps, and then all of it works as if nothing had been. Returns how many failed.
unsigned drive_failing_allocations() {
    Bound expected(3);
    expected.run();
    std::vector<float> Z(Bound::n * Bound::k), expected_Z(Z.size());
    expected.engine->predict(expected.rows(), expected_Z.data());
    unsigned failed = 0;
    for (long at = 0;; ++at) {
        Bound bound(3);
        const std::vector<float> theta = bound.theta, statistics = bound.statistics;
        faults::allocations_left = at;
        const bool in_prediction = runs_out([&] { bound.engine->predict(bound.rows(), Z.data()); });
        const bool in_gradient = !in_prediction && runs_out([&] {
            bound.loss_and_gradient(0);
        });
        std::copy(statistics.begin(), statistics.end(),
                  bound.statistics.begin());  // a gradient moves them, which is no step
        const bool in_run = !in_prediction && !in_gradient && runs_out([&] { bound.run(); });
        const bool all_done = faults::allocations_left.load() >= 0;
        faults::allocations_left = faults::never;
        failed += in_prediction || in_gradient || in_run;
        expect(!in_run || bound.t > 0 || (bound.theta == theta && bound.statistics == statistics),
               "half a step was taken");
        if (in_run)
            std::copy(theta.begin(), theta.end(), bound.theta.begin()),
                std::copy(statistics.begin(), statistics.end(), bound.statistics.begin());
        if (in_run)
            std::fill(bound.first.begin(), bound.first.end(), 0.0f),
                std::fill(bound.second.begin(), bound.second.end(), 0.0f), bound.t = 0;
        if (in_prediction || in_gradient || in_run) bound.run();
        bound.engine->predict(bound.rows(), Z.data());
        expect(bound.theta == expected.theta && Z == expected_Z,
               "an engine is not the same after memory ran out");
        if (all_done) return failed;
    }
}
